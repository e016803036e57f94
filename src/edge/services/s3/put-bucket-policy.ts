/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html */
import { isPublicPolicy } from '../../../access/bucket-policy/is-public.ts'
import { readBucketPolicy } from '../../../access/bucket-policy/read-bucket-policy.ts'
import { principalArn } from '../../../access/principal.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import type { Backend, RequestContext } from '../../context.ts'
import { type ApiFailure, s3Failure } from '../../errors.ts'
import { readText } from './document.ts'
import { bucketArn } from './resource.ts'
import { defineS3Operation } from './s3-operation.ts'

export const putBucketPolicy = defineS3Operation('PutBucketPolicy', {
  match: { on: 'bucket', method: 'PUT', query: ['policy'] },
  async handle(request, context) {
    const { bucket } = request
    const { backend } = context
    if (!backend.objects.bucket(bucket)) return noSuchBucket(bucket)
    const policy = await readText(request)
    const document = readBucketPolicy(policy, { bucket, isPrincipal: (name) => isPrincipal(name, backend) })
    if ('malformed' in document) {
      const { malformed, detail } = document as { malformed: string; detail?: string }
      throw s3Failure('MalformedPolicy', 400, malformed, detail === undefined ? undefined : { Detail: detail })
    }
    const { publicAccessBlock } = backend.objects.settings(bucket)
    if (publicAccessBlock?.blockPublicPolicy && isPublicPolicy(document)) throw publicPolicyBlocked(bucket, context)
    return (await backend.objects.changeSettings(bucket, { policy })) ?? { httpStatus: 204 }
  },
})

/** Whether a user, a role, a session of a role or the account has the name. */
function isPrincipal(name: string, { account, identities }: Backend): boolean {
  if (name === account || name === `arn:aws:iam::${account}:root`) return true
  const known = identities.current()
  const session = /^arn:aws:sts::([0-9]{12}):assumed-role\/([^/]+)\/[\w+=,.@-]{2,64}$/.exec(name)
  if (session) return session[1] === account && known.named('role', session[2]!) !== undefined
  if (known.find('user', name) || known.find('role', name)) return true
  const kind = known.entityOf(account, name)?.kind
  return kind === 'user' || kind === 'role'
}

function publicPolicyBlocked(bucket: string, { principal, backend }: RequestContext): ApiFailure {
  const who = principalArn(backend.account, principal)
  const text = `User: ${who} is not authorized to perform: s3:PutBucketPolicy on resource: "${bucketArn(bucket)}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`
  return s3Failure('AccessDenied', 403, text)
}
