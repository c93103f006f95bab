import { config } from 'zod/mini';

// Zod compiles schemas where it may; the content security policy forbids that, and counts the attempt as a violation.
config({ jitless: true });
