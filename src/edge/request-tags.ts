/** The tags that a request gives or takes away, in the members of AWS Batch or of IAM. */

interface TagMembers {
  readonly tags?: Readonly<Record<string, string>>
  readonly tagKeys?: readonly string[]
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[]
  readonly TagKeys?: readonly string[]
}

export interface RequestTags {
  readonly requestTags: Readonly<Record<string, string>>
  readonly tagKeys: readonly string[]
}

export function requestTagsOf(input: unknown): RequestTags {
  const { tags, tagKeys, Tags = [], TagKeys } = input as TagMembers
  const requestTags = tags ?? Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))
  return { requestTags, tagKeys: tagKeys ?? TagKeys ?? Object.keys(requestTags) }
}
