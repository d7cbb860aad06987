// A driver that keeps feature flags: one JSON file for each step, in a folder that an
// application reads. Small, and with everything a driver has: plans that are applied
// exactly, drift, import, validation, and a file that is never half written.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs/promises");
const path = require("node:path");
const { Failure } = require("./lib/serve.js");

const inputs = {
  folder: { type: "string", description: "in which the file lies; an absolute path", required: true },
  name: { type: "string", description: "of the file, without .json", required: true },
  flags: { type: "map(bool)", description: "the flags", required: true },
  token: { type: "string", description: "by which the application knows who reads them", sensitive: true },
};

const address = "file";

function problem(name, message, hint) {
  return { severity: "error", rule: "flags-input", path: `inputs.${name}`, message, hint };
}

// wanted reads the inputs; what is wrong with them comes all at once.
function wanted(request) {
  const given = request.inputs || {};
  const problems = [];
  if (typeof given.folder !== "string" || !path.isAbsolute(given.folder)) {
    problems.push(problem("folder", "must be an absolute path"));
  }
  if (typeof given.name !== "string" || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(given.name)) {
    problems.push(problem("name", "must be a name", "lower case letters, digits and hyphens"));
  }
  const flags = given.flags;
  if (flags === null || typeof flags !== "object" || Array.isArray(flags) || Object.values(flags).some((flag) => typeof flag !== "boolean")) {
    problems.push(problem("flags", "must be a map of true and false"));
  }
  if (given.token !== undefined && typeof given.token !== "string") {
    problems.push(problem("token", "must be a text"));
  }
  for (const name of Object.keys(given)) {
    if (!request.implicit && !inputs[name]) {
      problems.push(problem(name, "there is no such input"));
    }
  }
  if (problems.length) {
    throw new Failure("permanent", problems.map((p) => `${p.path}: ${p.message}`).join("\n"), problems);
  }
  const digest = given.token === undefined ? undefined : crypto.createHash("sha256").update(given.token).digest("hex");
  return { folder: given.folder, name: given.name, flags: sorted(flags), reader: digest };
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fileOf(state) {
  return path.join(state.folder, `${state.name}.json`);
}

function textOf(state) {
  return JSON.stringify({ flags: state.flags, reader: state.reader }, null, 2) + "\n";
}

async function read(file) {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") {
      return null;
    }
    throw error;
  }
}

async function stateOf(request, call) {
  if (!["", "apply", "destroy", undefined].includes(request.mode)) {
    throw new Failure("unsupported", `not supported by this driver: the mode ${request.mode}`);
  }
  if (call.signal.aborted) {
    throw new Error("before it began");
  }
  const text = await call.readState();
  const digest = crypto.createHash("sha256").update(text).digest("hex");
  if (!text.length) {
    return { before: null, digest };
  }
  try {
    return { before: JSON.parse(text.toString()), digest };
  } catch {
    throw new Error("the state is not one that this driver wrote");
  }
}

// change is what leads from what is there to what is wanted; null where nothing does.
async function change(request, before, after) {
  for (const name of request.replace || []) {
    if (name !== address) {
      const message = `there is no resource ${name} to replace`;
      throw new Failure("permanent", message, [{ severity: "error", rule: "unknown-resource", path: "", message }]);
    }
  }
  const type = "flags_file";
  const there = before ? await read(fileOf(before)) : null;
  if (!after) {
    return there === null ? null : { address, type, action: "delete" };
  }
  const attributes = [];
  for (const flag of Object.keys(sorted({ ...(before ? before.flags : {}), ...after.flags }))) {
    const [was, is] = [before && there !== null ? before.flags[flag] : undefined, after.flags[flag]];
    if (was !== is) {
      attributes.push({ path: `flags.${flag}`, before: was, after: is });
    }
  }
  if (there === null) {
    return { address, type, action: "create", attributes };
  }
  if ((request.replace || []).length || fileOf(before) !== fileOf(after)) {
    return { address, type, action: "replace", attributes };
  }
  return there === textOf(after) ? null : { address, type, action: "update", attributes };
}

function outputs(state) {
  return { file: { value: fileOf(state) }, flags: { value: Object.keys(state.flags) } };
}

function planned(request, digest) {
  if (!request.saved) {
    return request.mode === "destroy" ? null : wanted(request);
  }
  let saved;
  try {
    saved = JSON.parse(request.saved.toString());
  } catch {
    saved = {};
  }
  if (!saved.digest) {
    throw new Error("the saved plan is not one that this driver made");
  }
  if (saved.digest !== digest) {
    throw new Error("the saved plan is stale: the state has changed since it was made");
  }
  return saved.after;
}

// write replaces a file in one step: nobody ever reads half of it.
async function write(file, text) {
  const temporary = `${file}.${process.pid}.new`;
  await fs.writeFile(temporary, text, { mode: 0o600 });
  await fs.rename(temporary, file);
}

module.exports = {
  name: "flags",
  version: "0.1.0",

  async plan(request, call) {
    const { before, digest } = await stateOf(request, call);
    const after = request.mode === "destroy" ? null : wanted(request);
    const made = await change(request, before, after);
    if (made) {
      await call.send({ kind: "resource-planned", resource: address, action: made.action, message: `${address}: plan to ${made.action}` });
    }
    return {
      changes: made ? [made] : [],
      outputs: made || !after ? {} : outputs(after),
      saved: JSON.stringify({ digest, after }),
      exact: true,
    };
  },

  async apply(request, call) {
    const { before, digest } = await stateOf(request, call);
    if (!before && request.mode === "destroy") {
      return { outcome: "done", outputs: {} };
    }
    const after = planned(request, digest);
    const made = await change(request, before, after);
    const tell = (kind, word) => made && call.send({ kind, resource: address, action: made.action, message: `${address}: ${made.action} ${word}` });
    await tell("resource-started", "begins");
    try {
      if (after) {
        // What is about to be made is kept first: a destroy has to know of it.
        const keep = { ...after, old: before && fileOf(before) !== fileOf(after) ? fileOf(before) : before ? before.old : undefined };
        await call.writeState(JSON.stringify(keep));
        if (made) {
          await write(fileOf(after), textOf(after));
        }
        if (keep.old) {
          await fs.rm(keep.old, { force: true });
          await call.writeState(JSON.stringify(after));
        }
      } else {
        await fs.rm(fileOf(before), { force: true });
        await call.writeState("");
      }
    } catch (error) {
      await tell("resource-failed", "failed");
      return { outcome: made ? "unknown" : "failed", outputs: before ? outputs(before) : {}, failure: error };
    }
    await tell("resource-finished", "complete");
    return { outcome: "done", outputs: after ? outputs(after) : {}, changes: made ? [made] : [] };
  },

  async validate(request) {
    wanted(request);
  },

  async drift(request, call) {
    const { before } = await stateOf(request, call);
    const there = before ? await read(fileOf(before)) : null;
    if (!before || there === textOf(before)) {
      return { changes: [] };
    }
    return { changes: [{ address, type: "flags_file", action: there === null ? "delete" : "update" }] };
  },

  async import(request, call, at = call.start.import_address, id = call.start.import_id) {
    const { before } = await stateOf(request, call);
    const refuse = (rule, message) => {
      throw new Failure("permanent", message, [{ severity: "error", rule, path: "", message }]);
    };
    if (before) {
      refuse("already-managed", `the step has the file ${fileOf(before)} already`);
    }
    const state = wanted(request);
    if (at !== address || id !== fileOf(state)) {
      refuse("flags-import", `only ${address} can be imported, as ${fileOf(state)}`);
    }
    if ((await read(id)) === null) {
      refuse("flags-import", `there is no file ${id}`);
    }
    await call.writeState(JSON.stringify(state));
    return { outcome: "done", outputs: outputs(state), changes: [{ address, type: "flags_file", action: "import" }] };
  },

  async inspect(request, call) {
    const folder = call.start.path;
    const names = [...(await call.files()).keys()];
    if (folder !== "." && !names.some((name) => name.startsWith(`${folder}/`))) {
      const message = "there is no such folder in the bundle";
      throw new Failure("permanent", message, [{ severity: "error", rule: "step-folder", file: folder, path: "", message }]);
    }
    return {
      inputs: Object.keys(sorted(inputs)).map((name) => ({ name, ...inputs[name] })),
      outputs: [{ name: "file" }, { name: "flags" }],
    };
  },
};
