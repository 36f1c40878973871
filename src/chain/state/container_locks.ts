/** The locks that an operation on one container needs. */
import type { Context } from "../context.ts";
import { type AttachmentRequest, resolveNetnsPath } from "../request.ts";
import { withGlobalLock, withLocks } from "./locks.ts";
import { listNetnsLocks } from "./netns_liveness.ts";
import { readProvenNote } from "./own_netns.ts";
import { readRecords, type Records, selectRecords } from "./records.ts";

/**
 * Does something while nobody else works on the container, or in a namespace that
 * it is attached in. Garbage is not collected meanwhile.
 */
export async function withContainerLocks<T>(
  context: Context,
  request: AttachmentRequest,
  act: (context: Context, records: Records) => Promise<T>,
): Promise<T> {
  const { containerID } = request;
  return await withGlobalLock(
    context,
    "shared",
    (context) =>
      withLocks(context, [containerID], async (context) => {
        const isNamed = (name: string) => name.includes(`-${containerID}-`);
        const ownRecords = readRecords(context, isNamed);
        let held = listOwnNetnsLocks(context, request, ownRecords);
        while (true) {
          const done = await withLocks(context, held, async (context) => {
            const records = readRecords(context);
            // Namespaces may have changed while we waited. A record's file may have
            // any name, so all records are read.
            const needed = listOwnNetnsLocks(context, request, records);
            if (needed.every((name) => held.includes(name))) {
              return { value: await act(context, records) };
            }
            held = needed;
          });
          if (done !== undefined) return done.value;
        }
      }),
  );
}

function listOwnNetnsLocks(
  context: Context,
  request: AttachmentRequest,
  records: Records,
): string[] {
  const note = readProvenNote(context, request.containerID);
  return listNetnsLocks(context, [
    resolveNetnsPath(request),
    ...selectRecords(records, request)
      .map(({ attachment }) => attachment.netNSPath),
    ...note === undefined ? [] : [note.netNSPath],
  ]);
}
