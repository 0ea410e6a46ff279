// What a test can fail with: told by those who run tests, so every text here is right for `check`.

import type { CodePage } from "../codes/page.ts";

const LAB = `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo, device eth0: venet { network = lan } }`;

const page = (
  code: string,
  title: string,
  explanation: string,
  { bad, good }: { readonly bad: string; readonly good: string },
): CodePage => ({ code, title, explanation, bad: `${LAB}\n${bad}`, good: `${LAB}\n${good}` });

export const TEST_CODES: readonly CodePage[] = [
  page(
    "VB6001",
    "an expectation is not met",
    "`expect` asks once; with `within` again at each change, until it holds or the time is over. A fact " +
      "that isn't there yet is not met. The values of its parts are those of the last look.",
    {
      bad: `test "is asked too early" { expect server.log.matches("ready") && server.restarts == 1 }`,
      good: `test "waits" { expect server.log.matches("ready") && server.restarts == 0 within 10s }`,
    },
  ),
  page(
    "VB6002",
    "something did not hold all the time",
    "`always` asks at the start, at each change and many times between, until its time is over. The values " +
      "are those of the first look at which it did not hold.",
    {
      bad: `test "stays up" { do { server.kill() }, always server.state == running for 100ms }`,
      good: `test "stays up" { always server.state == running for 100ms }`,
    },
  ),
  page(
    "VB6003",
    "a lab could not be brought up or changed, or an action could not be done",
    "The lab of a test is started as `up` would do it, and changed as a save would; the message says what " +
      "was refused. After a refused change everything is as it was.",
    {
      bad: `test "types" { do { server.type("hello") } }`,
      good: `test "again" {
  expect server.log.matches("ready") within 10s
  do { server.restart() }
  expect server.restarts == 1
}`,
    },
  ),
  page(
    "VB6004",
    "nobody can answer this",
    "The fact is declared, and no driver of this version tells it: waiting for it would be in vain.",
    {
      bad: `test "asks" { expect server.shell("uname").matches("Linux") within 10s }`,
      good: `test "asks" { expect server.log.matches("ready") within 10s }`,
    },
  ),
  page(
    "VB6005",
    "a test took longer than its time",
    "A test has 60 seconds, or its own `timeout`, from the start of its lab to its last step. What is " +
      "shown is the step where it was.",
    {
      bad: `test "waits" { timeout = 1s, expect server.restarts == 1 within 30s }`,
      good: `test "waits" { timeout = 30s, expect server.state == running within 10s }`,
    },
  ),
];
