/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html */
import type { User } from '../../../../access/identities/entities.ts'
import { noSuchKey } from '../../../../access/identities/iam-refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { dateOf } from '../answers.ts'
import { arnOfHolder } from '../resources.ts'

/** AWS writes this where a key was never used. */
const never = 'N/A'

export const getAccessKeyLastUsed = defineOperation('iam', 'GetAccessKeyLastUsed', {
  resource({ AccessKeyId }, context) {
    const owner = ownerOf(AccessKeyId, context)
    return owner ? arnOfHolder(context, 'user', owner.name) : '*'
  },
  handle({ AccessKeyId }, context) {
    const owner = ownerOf(AccessKeyId, context)
    if (!owner) return noSuchKey(AccessKeyId)
    const use = context.backend.lastUses.find(AccessKeyId)
    return {
      UserName: owner.name,
      AccessKeyLastUsed: {
        ...(use && { LastUsedDate: dateOf(use.atMs) }),
        ServiceName: use?.service ?? never,
        Region: use?.region ?? never,
      },
    }
  },
})

function ownerOf(accessKeyId: string, { backend }: RequestContext): User | undefined {
  const known = backend.identities.current()
  const key = known.find('accessKey', accessKeyId)
  return key && known.find('user', key.userId)
}
