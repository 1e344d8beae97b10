import { Session, type Profiler } from 'node:inspector';

/** Where the library is. */
export const LIBRARY = new URL('../../lib/', import.meta.url).href;

/** Is a piece of code that ran: a function, and which of its octets. */
interface Reached {
  readonly key: string;
  readonly octets: Uint8Array;
}

/**
 * Knows which code of some sources has run, block by block, as V8 counts it. A look costs a millisecond or two, so
 * many inputs are tried between two looks.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #sources: string;
  readonly #known = new Map<string, Uint8Array>();
  #isOver = false;

  /** @param sources - what the URLs of the sources to look at begin with. */
  constructor(sources: string) {
    this.#sources = sources;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many octets of code are known to have run. */
  get size(): number {
    let size = 0;
    for (const octets of this.#known.values()) for (const octet of octets) size += octet;
    return size;
  }

  /** Forgets what has run since the last look. */
  skip(): void {
    this.#post('Profiler.takePreciseCoverage');
  }

  /** Tells whether code has run since the last look that never had before; it stays unknown. */
  hasNews(): boolean {
    return this.#take().some((reached) => this.#isNew(reached));
  }

  /** Tells the same, and knows it from now on. */
  learn(): boolean {
    let hasNews = false;
    for (const reached of this.#take()) {
      if (!this.#isNew(reached)) continue;
      hasNews = true;
      const { key, octets } = reached;
      const known = this.#known.get(key);
      if (known === undefined) this.#known.set(key, octets);
      else for (let at = 0; at < octets.length; at++) known[at]! |= octets[at]!;
    }
    return hasNews;
  }

  /** Knows nothing any more. Another session would see less: V8 counts blocks in what it compiles from then on. */
  forget(): void {
    this.#known.clear();
  }

  /** Counts no more; what is known stays so. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #isNew({ key, octets }: Reached): boolean {
    const known = this.#known.get(key);
    return known === undefined || octets.some((octet, at) => octet > known[at]!);
  }

  #take(): Reached[] {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
    return result
      .filter(({ url }) => url.startsWith(this.#sources))
      .flatMap(({ url, functions }) => functions.map((one) => reachedIn(url, one)))
      .filter((reached) => reached !== undefined);
  }

  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    // Within this process it is answered before the call returns.
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

/** Paints the ranges of a function, each over those that it lies in. */
function reachedIn(url: string, { functionName, ranges }: Profiler.FunctionCoverage): Reached | undefined {
  const [whole] = ranges;
  if (whole === undefined || whole.count === 0) return undefined;
  const octets = new Uint8Array(whole.endOffset - whole.startOffset);
  for (const { startOffset, endOffset, count } of ranges)
    octets.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
  return { key: `${url} ${functionName} ${String(whole.startOffset)}`, octets };
}
