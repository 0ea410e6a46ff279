import { greeting } from "./greeting";

console.log(greeting("the room next door"));
