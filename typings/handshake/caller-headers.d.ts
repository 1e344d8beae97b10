/**
 * Holds header fields that the caller adds to a request or response: each value a string, a number, or an array of
 * strings for a field that is sent several times. `undefined` leaves the field out.
 */
export type CallerHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;
/**
 * Says what is wrong with a caller's field of this lower-case name, as a hint what to use instead;
 * `undefined` when the caller may set it.
 */
export type ReservedField = (name: string) => string | undefined;
/**
 * Checks the caller's header fields and returns them flat, names and values in turn, spelled as given.
 *
 * @param headers - The option's value, `undefined` for none.
 * @param option - Name of the option, for the error.
 * @param reserved - Decides which names belong to the handshake.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything but a plain object, a name that is no token, a
 * value with an octet that does not belong (CR, LF, NUL, …), or a reserved name.
 */
export declare function flattenCallerHeaders(headers: unknown, option: string, reserved: ReservedField): string[];
