import { config } from 'zod/mini';

// Zod compiles schemas where it can. The content security policy forbids that and reports even the
// attempt.
config({ jitless: true });
