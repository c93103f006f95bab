// Before the first schema.
import './page/without-eval.ts';
import { CacheDesk } from './cache/cache-desk.ts';

new CacheDesk();
