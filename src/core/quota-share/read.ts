/** Finds quota shares by reference, and shows them. */
import type { QuotaShare } from '../../model/account-resource.ts'
import { parseQuotaShareArn, quotaShareArn } from '../../model/arn.ts'
import type { DescribeQuotaShareResponse, QuotaShareDetail } from '../../model/generated/batch.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { State } from '../state/state.ts'

/** By ARN alone, as on AWS. */
export function findQuotaShare(state: State, shareArn: string): QuotaShare | undefined {
  const parsed = parseQuotaShareArn(shareArn, state.account)
  return parsed && state.quotaShares.get(quotaShareArn(state.account, parsed.jobQueue, parsed.name))
}

export function quotaSharesOf(state: State, jobQueue: JobQueue): QuotaShare[] {
  return [...state.quotaShares.values()].filter((share) => share.jobQueue === jobQueue.name)
}

/** As ListQuotaShares shows it; DescribeQuotaShare shows the tags too. */
export function summariseQuotaShare({ shape, state, status }: QuotaShare): QuotaShareDetail {
  return { ...shape, state, status }
}

export function describeQuotaShare(share: QuotaShare): DescribeQuotaShareResponse {
  return { ...summariseQuotaShare(share), tags: { ...share.tags } }
}
