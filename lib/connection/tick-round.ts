/** Has something to do on the next tick. */
export interface TickTask {
  onTick(): void;
}

/** Those whose tick is next: one for all of them, as a broadcast has thousands. */
let due: TickTask[] = [];

/** Calls `onTick` on the next tick, in the order of the calls. */
export function callOnTick(task: TickTask): void {
  // hot path: benchmarks/micro/output-batch
  due.push(task);
  if (due.length === 1) process.nextTick(callDue);
}

function callDue(): void {
  const tasks = due;
  due = [];
  for (const task of tasks) task.onTick();
}
