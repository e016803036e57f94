/**
 * What a container asks ECS's agent for: its credentials, and facts about itself and its task. The
 * path is the proof, with a token where the path was given with one: SDKs do not sign these
 * requests, because they have nothing to sign with yet.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MadeForJob } from '../../../../access/job-credentials/job-credentials.ts'
import { type LiveContainer, liveContainer } from '../../../../core/job/live-container.ts'
import { containerMetadata, containerStats, taskMetadata, taskStats } from '../../../../core/job/task-metadata.ts'
import type { State } from '../../../../core/state/state.ts'
import { limits } from '../../../../model/limits.ts'
import type { TimeMs } from '../../../../model/time.ts'
import { containerOfJob } from '../../../../server/run/container-of-job.ts'
import type { JobIdentity } from '../../../../server/run/job-access.ts'
import type { PublicRoute } from '../../../service.ts'

export interface TaskRoutesOptions extends Pick<JobIdentity, 'keys' | 'credentials'> {
  readonly state: () => State
  /** Why nothing can be answered from memory now, if that is the case. */
  readonly memoryTrouble: () => string | undefined
  readonly now: () => TimeMs
}

interface Answer {
  readonly httpStatus: number
  readonly body: object
}

const publicBecause = 'nobody can guess the path, and each opens what belongs to one container while it runs'

export function taskRoutes(options: TaskRoutesOptions): readonly PublicRoute[] {
  const get = (url: string, answer: (request: FastifyRequest) => Answer | Promise<Answer>): PublicRoute => ({
    ...{ method: 'GET', url, publicBecause },
    async answer(request, reply) {
      if (options.memoryTrouble() !== undefined) return write(reply, inTrouble)
      try {
        return write(reply, await answer(request))
      } catch (err) {
        // The path is a secret, so it is not logged with the error.
        request.log.error({ err }, 'a container could not be answered')
        return write(reply, inTrouble)
      }
    },
  })
  const about = (rest: string, tell: (found: LiveContainer) => object) =>
    get(`/v4/:id${rest}`, (request) => metadataOf(request, options, tell))
  const { now, state } = options
  return [
    get('/v2/credentials/:id', (request) => credentialsOf(request, options)),
    about('', (found) => containerMetadata(state(), found)),
    about('/task', (found) => taskMetadata(state(), found)),
    about('/stats', (found) => containerStats(found, now())),
    about('/task/stats', (found) => taskStats(found, now())),
  ]
}

function metadataOf(
  request: FastifyRequest,
  { keys, state }: TaskRoutesOptions,
  tell: (found: LiveContainer) => object,
): Answer {
  const { id } = request.params as { id: string }
  const name = keys.open(id, 'metadata')
  const found = name === undefined ? undefined : liveContainer(state(), name)
  return found ? { httpStatus: 200, body: tell(found) } : refused('InvalidIdInRequest', 'No such running container.')
}

async function credentialsOf(request: FastifyRequest, options: TaskRoutesOptions): Promise<Answer> {
  const { keys, credentials, state, now } = options
  const { id } = request.params as { id: string }
  const { authorization } = request.headers
  const name = keys.open(id, 'credentials') ?? keys.open(id, 'credentialsWithToken', authorization)
  const found = name === undefined ? undefined : liveContainer(state(), name)
  if (!found) return refused('InvalidIdInRequest', 'Credentials not found. The attempt may be over.')
  return issued(found, await credentials.issue(containerOfJob(found), limits.jobCredentialsSeconds, now()))
}

function issued({ container }: LiveContainer, made: MadeForJob): Answer {
  if ('why' in made) return { ...refused('NoCredentials', made.why), ...(made.isPassing && { httpStatus: 503 }) }
  const { jobRoleArn } = container.container
  return {
    httpStatus: 200,
    body: {
      ...(jobRoleArn && { RoleArn: jobRoleArn }),
      AccessKeyId: made.accessKeyId,
      SecretAccessKey: made.secretAccessKey,
      Token: made.sessionToken,
      Expiration: new Date(made.expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  }
}

/** In the members that SDKs read. */
function refused(Code: string, Message: string): Answer {
  return { httpStatus: 404, body: { Code, Message } }
}

/** SDKs ask again. */
const inTrouble: Answer = { httpStatus: 503, body: { Code: 'ServiceUnavailable', Message: 'Ask again later.' } }

function write(reply: FastifyReply, { httpStatus, body }: Answer): FastifyReply {
  return reply
    .code(httpStatus)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(JSON.stringify(body))
}
