/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
import { createUser as decide } from '../../../../access/identities/decide-user.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { userAnswer, withTags } from '../answers.ts'
import { change } from '../change.ts'
import { arnOfNew } from '../resources.ts'
import { givenTags } from '../tags/given-tags.ts'

export const createUser = defineOperation('iam', 'CreateUser', {
  resource: ({ UserName, Path }, context) => arnOfNew(context, 'user', UserName, Path),
  handle({ UserName: userName, Path: path, Tags }, context) {
    const given = { userName, ...(path !== undefined && { path }), tags: givenTags(Tags) }
    const user = change(context, (known, occasion) => decide(known, given, occasion))
    return isRefusal(user) ? user : { User: withTags(userAnswer(context.backend.account, user), user.tags) }
  },
})
