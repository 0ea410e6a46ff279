#!/usr/bin/env node
// The command `vbus`. Plain enough for an old Node to read, so that it can say what is missing; the rest is in dist/cli.
"use strict";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "vbus needs Node 24 or newer, and this is Node " +
      process.versions.node +
      ": in the project's folder run it as `npx vbus`, which uses the Node that the project brings along.\n",
  );
  process.exit(64);
}

const fs = require("node:fs");
const nodeModule = require("node:module");
const path = require("node:path");
const url = require("node:url");

const main = path.join(__dirname, "..", "dist", "cli", "main.js");
if (!fs.existsSync(main)) {
  process.stderr.write("vbus is not built yet: run `npm run build` in " + path.dirname(__dirname) + ".\n");
  process.exit(64);
}
nodeModule.enableCompileCache();
import(url.pathToFileURL(main).href).then((program) => program.main(process.argv));
