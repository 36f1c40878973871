/** The Go programs of the folder `go`, which measure a batch on demand. */
import { repositoryPath, run } from "../child.ts";

/** A Go program that runs. */
export interface GoProgram extends AsyncDisposable {
  /** Measures a batch, and returns the microseconds of one run and its answer. */
  readonly measure: (
    runs: number,
  ) => Promise<{ readonly time: number; readonly answer: string }>;
}

/** Starts a program with arguments. */
export type StartGo = (...args: readonly string[]) => GoProgram;

/** Builds a program on Debian's packages; where that fails, says so. */
export async function buildGo(name: string): Promise<StartGo | undefined> {
  const program = `${await Deno.makeTempDir()}/${name}`;
  const sources = [name, "batches"].map((source) =>
    repositoryPath(`tests/bench/go/${source}.go`)
  );
  const env = { GO111MODULE: "off", GOPATH: "/usr/share/gocode" };
  try {
    const { code, stderr } = await run(
      ["go", "build", "-o", program, ...sources],
      { env },
    );
    if (code !== 0) throw new Error(stderr);
  } catch (error) {
    console.log(`\nOnly vmconf is measured: cannot build ${name}.go: ${error}`);
    return undefined;
  }
  return (...args) => startGo(program, args);
}

function startGo(program: string, args: readonly string[]): GoProgram {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const requests = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async measure(runs) {
      await requests.write(new TextEncoder().encode(`${runs}\n`));
      const { value: line } = await lines.read();
      if (line === undefined) throw new Error(`${program} ended`);
      const [nanoseconds, answer = ""] = line.trim().split(" ");
      return { time: Number(nanoseconds) / 1000, answer };
    },
    async [Symbol.asyncDispose]() {
      await requests.close();
      await lines.cancel();
      await child.status;
    },
  };
}
