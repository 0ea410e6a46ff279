// The rival HCL: reads FILE with the npm package in FOLDER and prints its guests as JSON.
// CommonJS, so that Node has nothing to strip and can keep all compiled code, as it does for us.
//
// node hcl.cjs FOLDER FILE
"use strict";

require("node:module").enableCompileCache();
const { readFileSync } = require("node:fs");
const [folder, file] = process.argv.slice(2);
const { parse } = require(folder);

parse("lab.hcl", readFileSync(file, "utf8")).then(({ guest }) => {
  process.stdout.write(JSON.stringify({ guest }));
});
