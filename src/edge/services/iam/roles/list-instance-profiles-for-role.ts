/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html */
import { noSuch } from '../../../../access/identities/iam-refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { arnOfHolder } from '../resources.ts'

/** There are no instance profiles. Terraform asks before it deletes a role. */
export const listInstanceProfilesForRole = defineOperation('iam', 'ListInstanceProfilesForRole', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle({ RoleName }, { backend }) {
    if (!backend.identities.current().named('role', RoleName)) return noSuch('role', RoleName)
    return { InstanceProfiles: [], IsTruncated: false }
  },
})
