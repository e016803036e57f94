/** Every operation of IAM that is built. */
import type { Operation } from '../../operation.ts'
import { createAccessKey } from './access-keys/create-access-key.ts'
import { deleteAccessKey } from './access-keys/delete-access-key.ts'
import { getAccessKeyLastUsed } from './access-keys/get-access-key-last-used.ts'
import { listAccessKeys } from './access-keys/list-access-keys.ts'
import { updateAccessKey } from './access-keys/update-access-key.ts'
import { attachGroupPolicy, attachRolePolicy, attachUserPolicy } from './attached-policies/attach-policy.ts'
import { detachGroupPolicy, detachRolePolicy, detachUserPolicy } from './attached-policies/detach-policy.ts'
import {
  listAttachedGroupPolicies,
  listAttachedRolePolicies,
  listAttachedUserPolicies,
} from './attached-policies/list-attached-policies.ts'
import { listEntitiesForPolicy } from './attached-policies/list-entities-for-policy.ts'
import { addUserToGroup } from './groups/add-user-to-group.ts'
import { createGroup } from './groups/create-group.ts'
import { deleteGroup } from './groups/delete-group.ts'
import { getGroup } from './groups/get-group.ts'
import { listGroups } from './groups/list-groups.ts'
import { listGroupsForUser } from './groups/list-groups-for-user.ts'
import { removeUserFromGroup } from './groups/remove-user-from-group.ts'
import { updateGroup } from './groups/update-group.ts'
import { deleteGroupPolicy, deleteRolePolicy, deleteUserPolicy } from './inline-policies/delete-policy.ts'
import { getGroupPolicy, getRolePolicy, getUserPolicy } from './inline-policies/get-policy.ts'
import { listGroupPolicies, listRolePolicies, listUserPolicies } from './inline-policies/list-policies.ts'
import { putGroupPolicy, putRolePolicy, putUserPolicy } from './inline-policies/put-policy.ts'
import { changePassword } from './login-profiles/change-password.ts'
import { createLoginProfile } from './login-profiles/create-login-profile.ts'
import { deleteLoginProfile } from './login-profiles/delete-login-profile.ts'
import { getLoginProfile } from './login-profiles/get-login-profile.ts'
import { updateLoginProfile } from './login-profiles/update-login-profile.ts'
import { createPolicy } from './policies/create-policy.ts'
import { createPolicyVersion } from './policies/create-policy-version.ts'
import { deletePolicy } from './policies/delete-policy.ts'
import { deletePolicyVersion } from './policies/delete-policy-version.ts'
import { getPolicy } from './policies/get-policy.ts'
import { getPolicyVersion } from './policies/get-policy-version.ts'
import { listPolicies } from './policies/list-policies.ts'
import { listPolicyVersions } from './policies/list-policy-versions.ts'
import { setDefaultPolicyVersion } from './policies/set-default-policy-version.ts'
import { createRole } from './roles/create-role.ts'
import { deleteRole } from './roles/delete-role.ts'
import { getRole } from './roles/get-role.ts'
import { listInstanceProfilesForRole } from './roles/list-instance-profiles-for-role.ts'
import { listRoles } from './roles/list-roles.ts'
import { updateAssumeRolePolicy } from './roles/update-assume-role-policy.ts'
import { updateRole } from './roles/update-role.ts'
import { updateRoleDescription } from './roles/update-role-description.ts'
import { simulateCustomPolicy } from './simulation/simulate-custom-policy.ts'
import { simulatePrincipalPolicy } from './simulation/simulate-principal-policy.ts'
import { listPolicyTags, listRoleTags, listUserTags } from './tags/list-tags.ts'
import { tagPolicy, tagRole, tagUser } from './tags/tag.ts'
import { untagPolicy, untagRole, untagUser } from './tags/untag.ts'
import { createUser } from './users/create-user.ts'
import { deleteUser } from './users/delete-user.ts'
import { getUser } from './users/get-user.ts'
import {
  listMfaDevices,
  listServiceSpecificCredentials,
  listSigningCertificates,
  listSshPublicKeys,
  listVirtualMfaDevices,
} from './users/list-other-credentials.ts'
import { listUsers } from './users/list-users.ts'
import { updateUser } from './users/update-user.ts'

export const iamOperations: readonly Operation[] = [
  ...[
    createUser,
    deleteUser,
    getUser,
    listMfaDevices,
    listServiceSpecificCredentials,
    listSigningCertificates,
    listSshPublicKeys,
    listVirtualMfaDevices,
    listUsers,
    updateUser,
  ],
  ...[createAccessKey, deleteAccessKey, getAccessKeyLastUsed, listAccessKeys, updateAccessKey],
  ...[changePassword, createLoginProfile, deleteLoginProfile, getLoginProfile, updateLoginProfile],
  ...[
    addUserToGroup,
    createGroup,
    deleteGroup,
    getGroup,
    listGroupsForUser,
    listGroups,
    removeUserFromGroup,
    updateGroup,
  ],
  ...[
    createRole,
    deleteRole,
    getRole,
    listInstanceProfilesForRole,
    listRoles,
    updateAssumeRolePolicy,
    updateRoleDescription,
    updateRole,
  ],
  ...[
    deleteUserPolicy,
    deleteGroupPolicy,
    deleteRolePolicy,
    getUserPolicy,
    getGroupPolicy,
    getRolePolicy,
    listUserPolicies,
    listGroupPolicies,
    listRolePolicies,
    putUserPolicy,
    putGroupPolicy,
    putRolePolicy,
  ],
  ...[
    attachUserPolicy,
    attachGroupPolicy,
    attachRolePolicy,
    detachUserPolicy,
    detachGroupPolicy,
    detachRolePolicy,
    listAttachedUserPolicies,
    listAttachedGroupPolicies,
    listAttachedRolePolicies,
    listEntitiesForPolicy,
  ],
  ...[
    createPolicyVersion,
    createPolicy,
    deletePolicyVersion,
    deletePolicy,
    getPolicyVersion,
    getPolicy,
    listPolicies,
    listPolicyVersions,
    setDefaultPolicyVersion,
  ],
  ...[listUserTags, listRoleTags, listPolicyTags, tagUser, tagRole, tagPolicy, untagUser, untagRole, untagPolicy],
  ...[simulateCustomPolicy, simulatePrincipalPolicy],
]
