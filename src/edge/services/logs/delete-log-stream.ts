/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { namedStream, streamResource } from './named-stream.ts'

export const deleteLogStream = defineOperation('logs', 'DeleteLogStream', {
  resource: streamResource,
  handle(input, context) {
    const named = namedStream(input, context)
    if (isRefusal(named)) return named
    return context.backend.logs.written.deleteStream({ ...named, owners: sightOf(context).owners })
  },
})
