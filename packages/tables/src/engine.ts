import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface EngineSettings {
  /** What tables may take in memory, in megabytes; what does not fit is spilled to `scratchDir`. */
  memoryMb: number;
  threads: number;
  /** A folder of this process alone. */
  scratchDir: string;
}

/** DuckDB in this process: it reads local files only, fetches nothing, and can be interrupted. */
export class Engine {
  readonly #settings: EngineSettings;
  #instance: Promise<DuckDBInstance> | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
  }

  /** Runs work on a connection of its own; what it runs is interrupted when the signal aborts. */
  async use<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.#instance ??= this.#open();
    const connection = await (await this.#instance).connect();
    const interrupt = () => connection.interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      return await work(connection);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', interrupt);
      connection.closeSync();
    }
  }

  #open(): Promise<DuckDBInstance> {
    const { memoryMb, threads, scratchDir } = this.#settings;
    return DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryMb}MB`,
      threads: String(threads),
      temp_directory: scratchDir,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
  }
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
