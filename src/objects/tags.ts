/** The tags of an object or of a bucket: values by their keys. */
export type Tags = Readonly<Record<string, string>>
