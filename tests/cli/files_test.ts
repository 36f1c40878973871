/** Files are written into a folder: all of them, or none. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkWritable, writeFiles } from "../../src/cli/files.ts";
import { VmConfError } from "../../src/errors.ts";
import type { RenderedFile } from "../../src/formats/format.ts";
import { run, vmconf } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { withTempFolder } from "../temp_folder.ts";

/** Reads all that a folder contains: texts, and `-> ` with a link's target. */
function readTree(folder: string, before = ""): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].flatMap(
      ({ name, isDirectory, isSymlink }) => {
        const path = `${folder}/${name}`;
        if (isSymlink) {
          return [[before + name, `-> ${Deno.readLinkSync(path)}`]];
        }
        return isDirectory
          ? [
            [`${before}${name}/`, ""],
            ...Object.entries(readTree(path, `${before}${name}/`)),
          ]
          : [[before + name, Deno.readTextFileSync(path)]];
      },
    ).toSorted(([a = ""], [b = ""]) => a < b ? -1 : 1),
  );
}

/** Runs a test in a folder that contains a folder `out`. */
async function inOutFolder(
  test: (out: string, folder: string) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (folder) => {
    await Deno.mkdir(`${folder}/out`);
    await test(`${folder}/out`, folder);
  });
}

async function catchRefusal(action: Promise<void>): Promise<string> {
  try {
    await action;
    return "none";
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    assertEquals(error.code, "unwritable-output");
    return error.message;
  }
}

const FILES: readonly RenderedFile[] = [
  { name: "a", text: "new a" },
  { name: "sub/b", text: "new b" },
  { name: "sub/deeper/c", text: "new c" },
];
const WRITTEN = {
  "a": "new a",
  "sub/": "",
  "sub/b": "new b",
  "sub/deeper/": "",
  "sub/deeper/c": "new c",
};

/** The files; a function runs just before the last one is written. */
function createFilesWhile(happens: () => void): RenderedFile[] {
  const last: RenderedFile = {
    name: "sub/deeper/c",
    get text() {
      happens();
      return "new c";
    },
  };
  return [...FILES.slice(0, -1), last];
}

Deno.test("files are written with their folders, and nothing else", async () => {
  await inOutFolder(async (out) => {
    await writeFiles(`${out}/made/for/them/`, FILES, false);
    assertEquals(readTree(`${out}/made/for/them`), WRITTEN);
    await writeFiles(out, FILES, true);
    await writeFiles(out, FILES, true);
    await Deno.remove(`${out}/made`, { recursive: true });
    assertEquals(readTree(out), WRITTEN);
  });
});

Deno.test("a file that appears meanwhile is kept, and nothing that the run wrote stays", async () => {
  await inOutFolder(async (out) => {
    const files = createFilesWhile(() =>
      Deno.writeTextFileSync(`${out}/sub/deeper/c`, "theirs")
    );
    assertEquals(
      await catchRefusal(writeFiles(out, files, false)),
      `Cannot write "${out}/sub/deeper/c": the file already exists`,
    );
    assertEquals(readTree(out), {
      "sub/": "",
      "sub/deeper/": "",
      "sub/deeper/c": "theirs",
    });
  });
});

Deno.test("a file that replaced a new one meanwhile is not removed", async () => {
  await inOutFolder(async (out) => {
    const { link } = Deno;
    Deno.link = async (from, to) => {
      if (`${to}`.endsWith("/c")) {
        Deno.writeTextFileSync(`${out}/theirs`, "theirs");
        Deno.renameSync(`${out}/theirs`, `${out}/a`);
        throw new Error("no more links");
      }
      await link(from, to);
    };
    try {
      assertEquals(
        await catchRefusal(writeFiles(out, FILES, false)),
        `Cannot write "${out}": no more links`,
      );
    } finally {
      Deno.link = link;
    }
    assertEquals(readTree(out), { a: "theirs" });
  });
});

Deno.test("of two concurrent runs, one writes all of its files and the other none", async () => {
  await inOutFolder(async (out) => {
    const texts = ["one", "two"];
    const ends = await Promise.all(texts.map((text) => {
      const files = FILES.map(({ name }) => ({ name, text }));
      return catchRefusal(writeFiles(out, files, false));
    }));
    const winner = texts[ends.indexOf("none")] ?? "neither";
    assertEquals(ends.filter((end) => end === "none").length, 1);
    assertEquals(readTree(out), {
      ...WRITTEN,
      "a": winner,
      "sub/b": winner,
      "sub/deeper/c": winner,
    });
  });
});

Deno.test("replaced files are restored if a later file cannot be written", async () => {
  await inOutFolder(async (out, folder) => {
    Deno.writeTextFileSync(`${folder}/elsewhere`, "elsewhere");
    Deno.writeTextFileSync(`${out}/a`, "old a");
    Deno.mkdirSync(`${out}/sub`);
    Deno.symlinkSync("../../elsewhere", `${out}/sub/b`);
    const before = readTree(folder);
    // A folder cannot be replaced by a file.
    const files = createFilesWhile(() => Deno.mkdirSync(`${out}/sub/deeper/c`));
    assertStringIncludes(
      await catchRefusal(writeFiles(out, files, true)),
      `Cannot write "${out}": Is a directory`,
    );
    assertEquals(readTree(folder), {
      ...before,
      "out/sub/deeper/": "",
      "out/sub/deeper/c/": "",
    });
  });
});

Deno.test("if the last file cannot be put in place, everything is undone", async () => {
  const { link, rename } = Deno;
  Deno.rename = async (from, to) => {
    if (/c\..*\.tmp$/.test(`${from}`)) throw new Error("no more names");
    await rename(from, to);
  };
  try {
    await inOutFolder(async (out) => {
      Deno.mkdirSync(`${out}/sub/deeper`, { recursive: true });
      Deno.writeTextFileSync(`${out}/sub/deeper/c`, "old c");
      const before = readTree(out);
      const refusal = `Cannot write "${out}": no more names`;
      assertEquals(await catchRefusal(writeFiles(out, FILES, true)), refusal);
      assertEquals(readTree(out), before);
    });
    Deno.link = () => Promise.reject(new Deno.errors.NotSupported());
    await inOutFolder(async (out) => {
      const refusal = `Cannot write "${out}": no more names`;
      assertEquals(await catchRefusal(writeFiles(out, FILES, false)), refusal);
      assertEquals(readTree(out), {});
    });
  } finally {
    Object.assign(Deno, { link, rename });
  }
});

Deno.test("a failure leaves no temporary file and no new folder", async () => {
  await inOutFolder(async (out) => {
    for (const overwrite of [false, true]) {
      const files = createFilesWhile(() => {
        throw new Error("no text");
      });
      assertEquals(
        await catchRefusal(writeFiles(`${out}/made/too`, files, overwrite)),
        `Cannot write "${out}/made/too": no text`,
      );
      assertEquals(readTree(out), {});
    }
  });
});

Deno.test("a link in place of a file is refused, or is itself replaced", async () => {
  await inOutFolder(async (out, folder) => {
    for (const target of ["mine", "nowhere", "."]) {
      Deno.writeTextFileSync(`${folder}/mine`, "mine");
      Deno.symlinkSync(`${folder}/${target}`, `${out}/a`);
      const before = readTree(folder);
      assertEquals(
        await catchRefusal(writeFiles(out, FILES, false)),
        `Cannot write "${out}/a": the file already exists`,
      );
      assertEquals(readTree(folder), before);
      await writeFiles(out, FILES, true);
      assertEquals(readTree(out), WRITTEN);
      assertEquals(Deno.readTextFileSync(`${folder}/mine`), "mine");
      assertEquals([...Deno.readDirSync(folder)].length, 2);
      await Deno.remove(out, { recursive: true });
      await Deno.mkdir(out);
    }
  });
});

Deno.test("a link in place of a subfolder is refused, a link to the output folder is followed", async () => {
  await inOutFolder(async (out, folder) => {
    Deno.symlinkSync(folder, `${out}/sub`);
    for (const overwrite of [false, true]) {
      assertEquals(
        await catchRefusal(writeFiles(out, FILES, overwrite)),
        `Cannot write "${out}/sub": it is a link, which is not followed`,
      );
    }
    assertEquals(readTree(folder), { "out/": "", "out/sub": `-> ${folder}` });
    Deno.removeSync(`${out}/sub`);
    Deno.symlinkSync(out, `${folder}/link`);
    await writeFiles(`${folder}/link`, FILES, false);
    assertEquals(readTree(out), WRITTEN);
  });
});

Deno.test("a link that replaces a subfolder meanwhile is refused", async () => {
  await inOutFolder(async (out, folder) => {
    const files: RenderedFile[] = [{
      name: "a",
      get text() {
        Deno.symlinkSync(folder, `${out}/sub`);
        return "new a";
      },
    }, ...FILES.slice(1)];
    assertEquals(
      await catchRefusal(writeFiles(out, files, true)),
      `Cannot write "${out}/sub": it is a link, which is not followed`,
    );
    assertEquals(readTree(folder), { "out/": "", "out/sub": `-> ${folder}` });
  });
});

Deno.test("a folder in place of a file is never replaced", async () => {
  await inOutFolder(async (out) => {
    Deno.mkdirSync(`${out}/a`);
    assertEquals(
      await catchRefusal(writeFiles(out, FILES, true)),
      `Cannot write "${out}/a": there is a folder`,
    );
    assertEquals(readTree(out), { "a/": "" });
  });
});

Deno.test("without hard links, files are written, and none is replaced without --overwrite", async () => {
  await inOutFolder(async (out) => {
    const { link } = Deno;
    Deno.link = () => Promise.reject(new Deno.errors.PermissionDenied());
    try {
      const files = createFilesWhile(() =>
        Deno.writeTextFileSync(`${out}/sub/deeper/c`, "theirs")
      );
      assertEquals(
        await catchRefusal(writeFiles(out, files, false)),
        `Cannot write "${out}/sub/deeper/c": the file already exists`,
      );
      assertEquals(Object.values(readTree(out)).filter(Boolean), ["theirs"]);
      await writeFiles(out, FILES, true);
      assertEquals(readTree(out), WRITTEN);
      await writeFiles(`${out}/other`, FILES, false);
      assertEquals(readTree(`${out}/other`), WRITTEN);
    } finally {
      Deno.link = link;
    }
  });
});

Deno.test("checkWritable finds existing files without writing anything", async () => {
  await inOutFolder(async (out, folder) => {
    const names = FILES.map(({ name }) => name);
    await checkWritable(`${out}/not/there`, names, false);
    await checkWritable(out, names, false);
    assertEquals(readTree(out), {});
    await Deno.mkdir(`${out}/sub`);
    await checkWritable(out, names, false);
    await Deno.symlink("nowhere", `${out}/sub/b`);
    assertEquals(
      await catchRefusal(checkWritable(out, names, false)),
      `Cannot write "${out}/sub/b": the file already exists`,
    );
    await Deno.remove(`${out}/sub`, { recursive: true });
    await Deno.symlink(folder, `${out}/sub`);
    assertEquals(
      await catchRefusal(checkWritable(out, names, false)),
      `Cannot write "${out}/sub": it is a link, which is not followed`,
    );
  });
});

/** A VM with two interfaces; the second one's file has about 400 kB. */
function createResults(routes: number): string[] {
  return [0, routes].map((count, nic) =>
    JSON.stringify({
      cniVersion: "1.0.0",
      interfaces: [
        { name: `tap${nic}`, sandbox: "/run/netns/a" },
        { name: `tap${nic}`, sandbox: "vm-1" },
      ],
      ips: [{
        interface: 1,
        address: `10.${nic}.0.2/24`,
        gateway: `10.${nic}.0.1`,
      }],
      routes: Array.from(
        { length: count },
        (_, index) => ({ dst: `20.${index >> 8}.${index & 255}.0/24` }),
      ),
    })
  );
}

/** Converts both results into /run/out, and prints what is there then. */
async function convertOnMount(
  mount: string,
  before: string,
  ...flags: string[]
): Promise<{ code: number; stderr: string; found: string }> {
  const [first = "", second = ""] = createResults(5000);
  const convert = vmconf(
    ["--allow-read=/run", "--allow-write=/run/out"],
    "convert",
    "/run/first.json",
    "-",
    "--container-id=vm-1",
    "--mtu=1500",
    "--format=networkd",
    "--output=/run/out/new",
    ...flags,
  );
  const setup = `printf %s '${first}' >/run/first.json
mkdir /run/out
mount -t tmpfs -o ${mount} tmpfs /run/out
${before}`;
  const look =
    '"$@" >&2; code=$?; cd /run/out; find . | sort; cat new/10-eth0.network; exit $code';
  const { code, stdout, stderr } = await inSandbox(
    setup,
    ["sh", "-c", look, "sh", ...convert],
    { stdin: second },
  );
  return { code, stderr, found: stdout };
}

const FULL =
  'vmconf: error: Cannot write "/run/out/new": No space left on device (os error 28)';

testUnless(
  noSandbox,
  "if the disk becomes full, nothing on it changes",
  async () => {
    for (const mount of ["size=64k", "nr_inodes=3"]) {
      const { code, stderr, found } = await convertOnMount(mount, "");
      assertEquals([code, stderr.split("\n")[0], found], [1, FULL, ".\n"]);
    }
  },
);

testUnless(
  noSandbox,
  "if the disk has no room for one name, none of the files stays",
  async () => {
    // The folders and both temporary files take 4, each name in place one more.
    const { code, stderr, found } = await convertOnMount("nr_inodes=5", "");
    assertStringIncludes(stderr, "No space left on device");
    assertEquals([code, found], [1, ".\n"]);
  },
);

testUnless(
  noSandbox,
  "on a full disk, --overwrite keeps the old files",
  async () => {
    const before = "mkdir /run/out/new; echo old >/run/out/new/10-eth0.network";
    const { code, stderr, found } = await convertOnMount(
      "size=64k",
      before,
      "--overwrite",
    );
    assertEquals([code, stderr.split("\n")[0]], [1, FULL]);
    assertEquals(found, ".\n./new\n./new/10-eth0.network\nold\n");
  },
);

testUnless(
  noSandbox,
  "if the disk has enough room, all files are written",
  async () => {
    const { code, stderr, found } = await convertOnMount(
      "size=2m,nr_inodes=6",
      "",
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(
      found,
      ".\n./new\n./new/10-eth0.network\n./new/10-eth1.network\n[Match]\n",
    );
  },
);

Deno.test("a folder that cannot be created is a readable error", async () => {
  const { code, stderr } = await run(
    vmconf(
      ["--allow-read=/proc", "--allow-write=/proc"],
      "convert",
      "--container-id=vm-1",
      "--mtu=1500",
      "--output=/proc/none/there",
    ),
    { stdin: createResults(0)[0] },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'error: Cannot write "/proc/none/there": ');
});
