/*
 * The child's end of the talk with the process that started it: questions by name, and their answers.
 */

/** Is a question on its way. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly details: unknown;
}

/** Is an answer on its way. */
export type Answer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

/** Answers each question with what the function of its name gives; ends with the parent. */
export function answer(answers: Readonly<Record<string, (details: never) => unknown>>): void {
  process.on('message', ({ id, name, details }: Question) => {
    Promise.resolve()
      .then(() => {
        const give = answers[name];
        if (give === undefined) throw new Error(`no answer to ${name}`);
        return give(details as never);
      })
      .then(
        (result: unknown) => process.send!({ id, result: result ?? null } satisfies Answer),
        (error: unknown) => process.send!({ id, error: String(error) } satisfies Answer),
      );
  });
  process.on('disconnect', () => process.exit());
}

/** Tells what the process was started for. */
export function orders(): unknown {
  return JSON.parse(process.argv[2]!);
}
