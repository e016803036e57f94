/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { namedStream, streamResource } from './named-stream.ts'

export const createLogStream = defineOperation('logs', 'CreateLogStream', {
  resource: streamResource,
  handle(input, context) {
    const named = namedStream(input, context)
    if (isRefusal(named)) return named
    const { backend, principal } = context
    const { owners } = sightOf(context)
    return backend.logs.written.createStream({ ...named, owner: principal.name, owners })
  },
})
