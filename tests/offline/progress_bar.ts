/** Stands in for `ProgressBar` of `@std/cli`, as far as the command uses it. */

const CLEAR_LINE = "\r\x1b[K";
const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];

export class ProgressBar {
  value = 0;
  readonly #max: number;
  readonly #start = Date.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ max }: { readonly max: number; readonly clear: true }) {
    this.#max = max;
    this.#timer = setInterval(() => this.#print(), 1000);
    this.#print();
  }

  #print() {
    const done = Math.trunc(50 * Math.min(1, this.value / this.#max));
    const bar = "#".repeat(done).padEnd(50, "-");
    write(`${CLEAR_LINE}[${this.#time()}] [${bar}] [${this.#data()}]`);
  }

  #time(): string {
    const seconds = Math.trunc((Date.now() - this.#start) / 1000);
    return [seconds / 60, seconds % 60]
      .map((part) => `${Math.trunc(part)}`.padStart(2, "0")).join(":");
  }

  #data(): string {
    const power = Math.max(1, Math.floor(Math.log2(this.#max) / 10));
    const [value, max] = [this.value, this.#max]
      .map((bytes) => (bytes / 1024 ** power).toFixed(2));
    return `${value}/${max} ${UNITS[power - 1]}`;
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    write(CLEAR_LINE);
    return Promise.resolve();
  }
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
