/**
 * The operations that are run with faults: their state before, what they do,
 * and what they may leave.
 */
import { attach } from "../../src/chain/attach.ts";
import { check } from "../../src/chain/check.ts";
import type { Context } from "../../src/chain/context.ts";
import { detach } from "../../src/chain/detach.ts";
import { collect, type CollectedAttachment } from "../../src/chain/gc.ts";
import { type AttachmentList, listRecorded } from "../../src/chain/list.ts";
import { createOwnNetns } from "../../src/chain/state/own_netns.ts";
import { VmConfError } from "../../src/errors.ts";
import {
  createFaultContext,
  HARMLESS,
  listAdditions,
  listChanges,
  look,
  type State,
  waitUntilSettled,
} from "./fault_world.ts";

/** Where the container is attached. */
export const PLACES = {
  /** To one network, in a namespace that vmconf makes. */
  one: { networks: ["one"] },
  /** To two networks. */
  two: { networks: ["one", "two"] },
  /** To two networks, in a namespace that others made and use. */
  shared: {
    networks: ["two", "three"],
    netNSPath: "shared",
    ifNames: ["eth5", "eth6"],
  },
} satisfies Record<string, Attached>;

export type Place = keyof typeof PLACES;

interface Attached {
  readonly networks: readonly string[];
  readonly netNSPath?: string;
  readonly ifNames?: readonly string[];
}

/** The containers of the operations. */
export const CONTAINERS = ["vm-1", "vm-2", "vm-3"];

/** How an operation ended. */
export type Outcome =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: unknown };

/** The state before and after an operation. */
export interface Comparison {
  /** The state without the containers. */
  readonly world: State;
  /** When the operation began. */
  readonly before: State;
  /** Afterwards. */
  readonly after: State;
  readonly place: Place;
  /** Whether the system said that something is missing. */
  readonly isDenied: boolean;
}

/** One operation. */
export interface Scenario {
  readonly prepare: (place: Place) => Promise<void>;
  readonly run: (context: Context, place: Place) => unknown;
  /** What is wrong with the outcome. */
  readonly judge: (
    outcome: Outcome,
    comparison: Comparison,
  ) => string[] | Promise<string[]>;
}

const nothing = () => Promise.resolve();

const buildRequest = (place: Place): Attached & { containerID: string } => ({
  containerID: "vm-1",
  ...PLACES[place],
});

async function attachVm(place: Place): Promise<void> {
  await attach(createFaultContext(), buildRequest(place));
}

const RESULTS = "/run/cni/results";

/** The state after a crash before the last record. */
async function leaveUnfinished(
  place: Place,
  containerID = "vm-1",
): Promise<void> {
  await attach(createFaultContext(), { ...buildRequest(place), containerID });
  const { networks } = PLACES[place];
  const { ifNames = ["eth0", "eth1"] } = buildRequest(place);
  for (const [index, network] of networks.entries()) {
    const path = `${RESULTS}/${network}-${containerID}-${ifNames[index]}`;
    const record = JSON.parse(Deno.readTextFileSync(path));
    record.vmconf.isComplete = false;
    Deno.writeTextFileSync(path, JSON.stringify(record));
  }
}

/** Garbage: a VM that is gone, and two crashes. */
async function leaveGarbage(place: Place): Promise<void> {
  if (place === "shared") return await leaveUnfinished(place);
  await attachVm(place);
  const path = "/run/netns/vmconf-vm-1";
  await new Deno.Command("umount", { args: [path] }).output();
  Deno.removeSync(path);
  await leaveUnfinished(place, "vm-2");
  await createOwnNetns(createFaultContext(), "vm-3", "/run/netns/vmconf-vm-3");
}

function filterSerious(keys: readonly string[]): string[] {
  return keys.filter((key) => !HARMLESS.test(key));
}

function listLeft({ world, after }: Comparison): string[] {
  return filterSerious(listAdditions(world, after));
}

function isUnchanged({ before, after }: Comparison): boolean {
  return listChanges(before, after).length === 0 &&
    filterSerious(listAdditions(before, after)).length === 0;
}

const PROMISES = /was undone|was deleted again|nothing was changed/;

/** An error that says that nothing is left must be right. */
function judgePromise(error: unknown, comparison: Comparison): string[] {
  if (!(error instanceof VmConfError)) return [];
  if (comparison.isDenied) return [];
  const promise = PROMISES.exec(`${error.message} ${error.hint ?? ""}`)?.[0];
  if (promise === undefined || isUnchanged(comparison)) return [];
  return listLeft(comparison).filter((key) => !comparison.before.has(key))
    .map((key) => `"${promise}", but ${key} is left`);
}

async function judgeAdd(
  outcome: Outcome,
  comparison: Comparison,
): Promise<string[]> {
  if (outcome.kind === "failed") return judgePromise(outcome.error, comparison);
  try {
    await check(createFaultContext(), buildRequest(comparison.place));
    return [];
  } catch (error) {
    return [`add succeeded, but check says: ${error}`];
  }
}

function judgeRemoval(outcome: Outcome, comparison: Comparison): string[] {
  if (outcome.kind === "failed") return judgePromise(outcome.error, comparison);
  if (comparison.isDenied) return [];
  return listLeft(comparison).map((key) => `succeeded, but ${key} is left`);
}

function judgeLook(_: Outcome, comparison: Comparison): string[] {
  if (comparison.isDenied) return [];
  return [
    ...listChanges(comparison.before, comparison.after),
    ...filterSerious(listAdditions(comparison.before, comparison.after))
      .map((key) => `${key} has come`),
  ];
}

function judgeGarbage(outcome: Outcome, comparison: Comparison): string[] {
  const faults = judgeRemoval(outcome, comparison);
  if (outcome.kind === "failed") return faults;
  for (
    const { network, containerID } of outcome.value as CollectedAttachment[]
  ) {
    const record = `file ${RESULTS}/${network}-${containerID}-`;
    const left = [...comparison.after.keys()].find((key) =>
      key.startsWith(record)
    );
    if (left !== undefined) faults.push(`was reported deleted: ${left}`);
  }
  return faults;
}

function judgeList(outcome: Outcome, comparison: Comparison): string[] {
  const faults = judgeLook(outcome, comparison);
  if (outcome.kind === "failed" || comparison.isDenied) return faults;
  const { attachments, unusable } = outcome.value as AttachmentList;
  const records = [...comparison.after.keys()].filter((key) =>
    key.startsWith(`file ${RESULTS}/`)
  );
  if (records.length !== attachments.length + unusable.length) {
    faults.push(`${records.length} records, but listed: ${attachments.length}`);
  }
  for (const { containerID, netns } of attachments) {
    if (netns === "gone") faults.push(`${containerID} is listed as gone`);
  }
  return faults;
}

/** All operations, by name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "add": {
    prepare: nothing,
    run: async (context, place) => {
      // The plugins are asked for their versions.
      await Deno.remove("/run/cni/vmconf/versions").catch(() => {});
      return await attach(context, buildRequest(place));
    },
    judge: judgeAdd,
  },
  "add that a plugin refuses": {
    prepare: nothing,
    run: (context, place) => {
      const { networks, ...rest } = buildRequest(place);
      const refused = [...networks.slice(1), "refusing"];
      return attach(context, { ...rest, networks: refused });
    },
    judge: judgeAdd,
  },
  "add after a crash": {
    prepare: leaveUnfinished,
    run: (context, place) => attach(context, buildRequest(place)),
    judge: judgeAdd,
  },
  "add --replace": {
    prepare: attachVm,
    run: (context, place) =>
      attach(context, { ...buildRequest(place), replace: true }),
    judge: judgeAdd,
  },
  "check": {
    prepare: attachVm,
    run: (context) => check(context, { containerID: "vm-1" }),
    judge: judgeLook,
  },
  "del": {
    prepare: attachVm,
    run: (context) => detach(context, { containerID: "vm-1" }),
    judge: judgeRemoval,
  },
  "gc": {
    prepare: leaveGarbage,
    run: (context) => collect(context, { pluginGC: ["pool"] }),
    judge: judgeGarbage,
  },
  "list": {
    prepare: attachVm,
    run: (context) => listRecorded(context, {}),
    judge: judgeList,
  },
};

/** Deletes everything that an operation began, and returns what remains. */
export async function cleanUp(
  world: State,
  startsWithGarbage: boolean,
): Promise<string[]> {
  const faults: string[] = [];
  const attempt = async (what: string, act: () => Promise<unknown>) => {
    try {
      await act();
    } catch (error) {
      faults.push(`the next ${what} says: ${error}`);
    }
  };
  if (startsWithGarbage) {
    await attempt("gc", () => collect(createFaultContext(), {}));
    faults.push(...listUnfinished(look()));
  }
  for (const containerID of CONTAINERS) {
    await attempt("del", () => detach(createFaultContext(), { containerID }));
  }
  const left = await waitUntilSettled(() =>
    filterSerious(listAdditions(world, look()))
  );
  faults.push(...left.map((key) => `after the next del: ${key}`));
  await attempt("gc", () => collect(createFaultContext(), {}));
  return faults;
}

/** What garbage collection must not leave. */
function listUnfinished(state: State): string[] {
  const records = [...state.keys()].filter((key) =>
    /^file \/run\/cni\/results\/[^/]+$/.test(key)
  );
  const isRecorded = (containerID: string) =>
    records.some((key) => key.includes(`-${containerID}-`));
  return [
    ...records.filter((key) => /"isComplete":false/.test(state.get(key) ?? "")),
    ...CONTAINERS.filter((containerID) =>
      state.has(`file /run/cni/vmconf/netns/${containerID}`) &&
      !isRecorded(containerID)
    ).map((containerID) => `the namespace of ${containerID}`),
  ].map((key) => `after the next gc: ${key}`);
}
