import { type ChildOptions, ChildProgram } from './child-program.ts';

export interface PoolOptions extends ChildOptions {
  /** One that has waited for work this long ends. */
  idleMs: number;
}

interface Idle<Told> {
  child: ChildProgram<Told>;
  timer: NodeJS.Timeout;
}

/** Processes of one program, each with one piece of work at a time. How many there may be is up to who asks. */
export class ChildPool<Told> {
  readonly #program: URL;
  readonly #options: PoolOptions;
  readonly #idle: Idle<Told>[] = [];
  readonly #busy = new Set<ChildProgram<Told>>();
  #isClosed = false;

  constructor(program: URL, options: PoolOptions) {
    this.#program = program;
    this.#options = options;
  }

  /** Gives one that waits, or else a new one, to `work`, and takes it back afterwards. */
  async use<T>(work: (child: ChildProgram<Told>) => Promise<T>): Promise<T> {
    const child = this.#free() ?? new ChildProgram<Told>(this.#program, this.#options);
    this.#busy.add(child);
    child.work();
    try {
      return await work(child);
    } finally {
      this.#busy.delete(child);
      child.rest();
      if (this.#isClosed) child.end();
      else if (child.isAlive) this.#keep(child);
    }
  }

  /** The ids of its processes. */
  get pids(): number[] {
    return [...this.#idle.map(({ child }) => child), ...this.#busy].flatMap(({ pid }) => pid ?? []);
  }

  /** Ends those that wait for work, and the others when theirs is done. */
  close(): void {
    this.#isClosed = true;
    for (const { child, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      child.end();
    }
  }

  #free(): ChildProgram<Told> | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (idle.child.isAlive) return idle.child;
    }
    return undefined;
  }

  #keep(child: ChildProgram<Told>): void {
    const timer = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      child.end();
    }, this.#options.idleMs).unref();
    const idle = { child, timer };
    this.#idle.push(idle);
  }
}
