/** The stream that a request makes, writes or deletes: by the names of its group and its own. */
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { complainOfLength, complainOfStreamName } from './constraints.ts'
import { groupOf, streamArn } from './log-group.ts'

interface StreamInput {
  readonly logGroupName: string
  readonly logStreamName: string
}

export function namedStream(
  { logGroupName, logStreamName: stream }: StreamInput,
  { backend }: RequestContext,
): { readonly group: string; readonly stream: string } | Refusal {
  const group = groupOf({ logGroupName }, backend)
  if (isRefusal(group)) return group
  const complaint = complainOfLength('logStreamName', stream, 1, 512) ?? complainOfStreamName('logStreamName', stream)
  return complaint ?? { group, stream }
}

export function streamResource({ logGroupName, logStreamName }: StreamInput, { backend }: RequestContext): string {
  return streamArn(backend, logGroupName, logStreamName)
}
