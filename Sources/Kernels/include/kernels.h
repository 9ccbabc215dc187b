// Element-wise and reduction loops, one clone an instruction set, and the team of threads that runs them.
//
// Sizes are in elements unless a name says otherwise. Pointers never alias unless a comment says that they may.
#pragma once
#include <stddef.h>
#include <stdint.h>

// ---- The thread team ------------------------------------------------------------------------------------------------

/// Runs `body(context, worker)` for worker 0 ..< workers, one thread each, and waits for all.
/// The threads are libgomp's, the same that OpenMP libraries in this process use: there is one team, never two.
void kernels_run_team(int workers, void (*body)(void *context, int worker), void *context);
