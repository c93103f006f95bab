import { RefreshAsked, RefreshDetails, RefreshList } from '../../shared/refresh/api-contract.ts';
import { callApi } from '../api/call.ts';

const PAGE_SIZE = 20;

/** Newest first. */
export async function listRefreshes(token?: string): Promise<RefreshList> {
  const wanted = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (token !== undefined) wanted.set('next', token);
  return callApi(`refreshes?${wanted}`, RefreshList);
}

/** Refused with 404 if there is none, or none any more. */
export async function readRefresh(id: string): Promise<RefreshDetails> {
  return callApi(`refreshes/${encodeURIComponent(id)}`, RefreshDetails);
}

/** @returns the id of the refresh that took the paths */
export async function askForRefresh(paths: readonly string[]): Promise<string> {
  const { id } = await callApi('refreshes', RefreshAsked, {
    method: 'POST',
    body: { paths },
  });
  return id;
}
