import { isTagPath } from '../../shared/planning/cache-tags.ts';
import { RefreshAsked, RefreshDetails, RefreshList } from '../../shared/refresh/api-contract.ts';
import { callApi } from '../api/call.ts';

const PAGE_SIZE = 20;

/** Newest first. */
export async function listRefreshes(token?: string): Promise<RefreshList> {
  const wanted = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (token !== undefined) wanted.set('next', token);
  return callApi(`refreshes?${wanted}`, RefreshList);
}

/** Refused with 404 if there is none, or no longer. */
export async function readRefresh(id: string): Promise<RefreshDetails> {
  return callApi(`refreshes/${encodeURIComponent(id)}`, RefreshDetails);
}

/** @param items paths and cache tags. @returns the id of the refresh that took them */
export async function askForRefresh(items: readonly string[]): Promise<string> {
  const paths = items.filter(item => !isTagPath(item));
  const tags = items.filter(isTagPath).map(tag => tag.slice(1));
  const { id } = await callApi('refreshes', RefreshAsked, {
    method: 'POST',
    body: { ...(paths.length === 0 ? {} : { paths }), ...(tags.length === 0 ? {} : { tags }) },
  });
  return id;
}
