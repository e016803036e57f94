/**
 * The tags that a request gives or takes away. AWS Batch and IAM have members for them. Requests of
 * other services bring none, whatever a client calls a parameter.
 */
import type { Operation } from './operation.ts'

export interface RequestTags {
  readonly requestTags: Readonly<Record<string, string>>
  readonly tagKeys: readonly string[]
}

interface BatchMembers {
  readonly tags?: Readonly<Record<string, string>>
  readonly tagKeys?: readonly string[]
}

interface IamMembers {
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[]
  readonly TagKeys?: readonly string[]
}

export function requestTagsOf({ service }: Pick<Operation, 'service'>, input: unknown): RequestTags {
  if (service === 'batch') {
    const { tags: requestTags = {}, tagKeys = Object.keys(requestTags) } = input as BatchMembers
    return { requestTags, tagKeys }
  }
  if (service === 'iam') {
    const { Tags = [], TagKeys = Tags.map(({ Key }) => Key) } = input as IamMembers
    return { requestTags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])), tagKeys: TagKeys }
  }
  return { requestTags: {}, tagKeys: [] }
}
