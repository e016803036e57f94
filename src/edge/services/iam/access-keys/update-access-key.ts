/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
import { updateAccessKey as decide } from '../../../../access/identities/decide-access-key.ts'
import { invalidValue } from '../../../../access/identities/iam-refusal.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfUser } from '../resources.ts'
import { userNameOf } from '../whose.ts'

export const updateAccessKey = defineOperation('iam', 'UpdateAccessKey', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  mentions: ({ AccessKeyId }) => AccessKeyId,
  handle(input, context) {
    const userName = userNameOf(input, context)
    if (isRefusal(userName)) return userName
    const { AccessKeyId: accessKeyId, Status: status } = input
    // AWS's model has this value only for answers.
    if (status === 'Expired') return invalidValue('status', 'satisfy enum value set: [Active, Inactive]', status)
    return change(context, (known) => decide(known, { userName, accessKeyId, status }))
  },
})
