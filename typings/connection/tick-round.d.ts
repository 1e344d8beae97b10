/** Has something to do on the next tick. */
export interface TickTask {
    onTick(): void;
}
/** Calls `onTick` on the next tick, in the order of the calls. */
export declare function callOnTick(task: TickTask): void;
