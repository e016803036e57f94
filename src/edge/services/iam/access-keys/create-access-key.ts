/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html */
import { createAccessKey as decide } from '../../../../access/identities/decide-access-key.ts'
import { newKeyPair } from '../../../../access/user.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { keyAnswer } from '../answers.ts'
import { change } from '../change.ts'
import { arnOfUser } from '../resources.ts'
import { userNameOf } from '../whose.ts'

/** The only answer that ever holds the secret. */
export const createAccessKey = defineOperation('iam', 'CreateAccessKey', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  handle(input, context) {
    const userName = userNameOf(input, context)
    if (isRefusal(userName)) return userName
    const { accessKeyId, secretAccessKey } = newKeyPair()
    const key = change(context, (known, occasion) => {
      // Sealed within the change: before it, the sealing key might be one that another process drops meanwhile.
      const sealedSecret = context.backend.identities.secrets.seal(accessKeyId, secretAccessKey)
      return decide(known, userName, { accessKeyId, sealedSecret }, occasion)
    })
    return isRefusal(key) ? key : { AccessKey: { ...keyAnswer(userName, key), SecretAccessKey: secretAccessKey } }
  },
})
