/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { namedStream, streamResource } from './named-stream.ts'

/** The same for every call: CloudWatch has ignored the tokens since 2023, and old clients send back what they got. */
const nextSequenceToken = '49590302938413003041860432193281740170298283022466547922'

export const putLogEvents = defineOperation('logs', 'PutLogEvents', {
  resource: streamResource,
  // A program that writes its log makes very many of these.
  notAudited: true,
  async handle(input, context) {
    const named = namedStream(input, context)
    if (isRefusal(named)) return named
    const { logEvents: events } = input
    const put = await context.backend.logs.written.put({ ...named, events, owners: sightOf(context).owners })
    if (isRefusal(put)) return put
    const { tooOldEnd, expiredEnd, tooNewStart } = put
    const rejected = {
      ...(tooNewStart === undefined ? {} : { tooNewLogEventStartIndex: tooNewStart }),
      ...(tooOldEnd === undefined ? {} : { tooOldLogEventEndIndex: tooOldEnd }),
      ...(expiredEnd === undefined ? {} : { expiredLogEventEndIndex: expiredEnd }),
    }
    return { nextSequenceToken, ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }) }
  },
})
