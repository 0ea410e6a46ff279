// Paths as texts: joined and resolved without asking any file system. `std:` names stay as they are.

const isStd = (path: string): boolean => path.startsWith("std:");

/** Without `.` and `..` where that can be known; `/` between the parts. */
function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !path.startsWith("/")) parts.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/");
}

export function folderOf(path: string): string {
  const at = path.lastIndexOf("/");
  if (at < 0) return isStd(path) ? "std:" : ".";
  return at === 0 ? "/" : path.slice(0, at);
}

/** The last part, without a slash; for messages and names of labs. */
export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

export function joinPath(folder: string, name: string): string {
  if (isStd(folder)) return folder === "std:" ? `std:${name}` : `${folder}/${name}`;
  return normalise(`${folder}/${name}`);
}

/** A path as the file that says it means it: absolute, or a `std:` name. */
export function resolvePath(file: string, text: string): string {
  if (isStd(text)) return text;
  if (text.startsWith("/")) return normalise(text);
  return joinPath(folderOf(file), text.replace(/^\.\//, ""));
}
