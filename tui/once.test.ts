import { expect, test } from "vitest";
import { makeSnapshot } from "./fixtures.test-support.ts";
import { renderOnce } from "./once.ts";

const held = makeSnapshot(60, { watch: "held", diagnosticsText: "error[VB2009]: `eth0` needs `network`.\n" });

test("plain text is a headline and aligned columns, cut to the width", () => {
  expect(`\n${renderOnce(held, { format: "plain", columns: 200 })}`).toMatchInlineSnapshot(`
    "
    hello  ready 2/2  generation 3  watch held  up 1m00s
    GUEST   STATE        GOAL       IMAGE      CPU%  MEM  RST  UPTIME  FRAMES/S  ADDRESS
    server  running      running    echo.wasm   3.4   1M    0   1m03s       100  10.0.0.2
    client  completed 0  completed  ping.wasm   3.4   1M    0   1m03s         0  10.0.0.1
    The file on disk doesn't check; the last good lab goes on.
    error[VB2009]: \`eth0\` needs \`network\`.
    "
  `);
  for (const line of renderOnce(held, { format: "plain", columns: 40 }).split("\n").slice(0, 4)) {
    expect(line.length).toBeLessThanOrEqual(40);
  }
});

test("markdown is a table", () => {
  expect(`\n${renderOnce(held, { format: "markdown", columns: 80 })}`).toMatchInlineSnapshot(`
    "
    hello  ready 2/2  generation 3  watch held  up 1m00s

    | GUEST | STATE | GOAL | IMAGE | CPU% | MEM | RST | UPTIME | FRAMES/S | ADDRESS |
    | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |
    | server | running | running | echo.wasm | 3.4 | 1M | 0 | 1m03s | 100 | 10.0.0.2 |
    | client | completed 0 | completed | ping.wasm | 3.4 | 1M | 0 | 1m03s | 0 | 10.0.0.1 |

    \`\`\`text
    The file on disk doesn't check; the last good lab goes on.
    error[VB2009]: \`eth0\` needs \`network\`.
    \`\`\`
    "
  `);
});

test("json is the whole snapshot", () => {
  expect(JSON.parse(renderOnce(held, { format: "json", columns: 10 }))).toEqual({
    schema: held.version,
    ...held,
  });
});
