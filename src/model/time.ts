/** Milliseconds since the Unix epoch, the unit of every time in AWS Batch's API. */
export type TimeMs = number
