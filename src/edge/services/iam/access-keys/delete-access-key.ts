/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html */
import { deleteAccessKey as decide } from '../../../../access/identities/decide-access-key.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfUser } from '../resources.ts'
import { userNameOf } from '../whose.ts'

export const deleteAccessKey = defineOperation('iam', 'DeleteAccessKey', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  mentions: ({ AccessKeyId }) => AccessKeyId,
  handle(input, context) {
    const userName = userNameOf(input, context)
    if (isRefusal(userName)) return userName
    return change(context, (known) => decide(known, { userName, accessKeyId: input.AccessKeyId }))
  },
})
