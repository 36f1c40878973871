/** Stands in for `ProgressBar` of `@std/cli`, as far as the command uses it. */
export class ProgressBar {
  value = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(readonly options: { readonly max: number; clear: true }) {
    this.#timer = setInterval(() => this.#print(), 1000);
    this.#print();
  }

  #print() {
    const done = Math.trunc(50 * Math.min(1, this.value / this.options.max));
    const bar = "#".repeat(done).padEnd(50, "-");
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K[${bar}]`));
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
    return Promise.resolve();
  }
}
