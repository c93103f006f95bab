// Must run before the first schema is created.
import './page/without-eval.ts';
import { CacheDesk } from './cache/cache-desk.ts';

new CacheDesk();
