/*
 * A disk that forgets: a SQLite VFS that keeps what is written in memory and
 * hands it to the files only when they are synced.  So a kill of the process is
 * a power cut, and within a process vfs_lossy_cut is one.
 *
 *  1. What the process reads is what it wrote; what the file holds is what was
 *     synced, and in a torn disk some of the writes after that, in part.
 *  2. After a cut every call on a file fails with an I/O error, until
 *     vfs_lossy_power_on; then files are opened with what they hold.
 *  3. Making and deleting a file happens at once.
 * For tests, and for builds for tests.  Threads: one thread uses SQLite.
 */
#ifndef SEIN_TESTS_SUPPORT_VFS_LOSSY_H
#define SEIN_TESTS_SUPPORT_VFS_LOSSY_H

#include <stdint.h>

/**
 * vfs_lossy_register - make this the disk of all SQLite files opened from here.
 *
 * torn_seed  0: nothing reaches a file before its sync; else one in four writes
 *            gets there early, cut off at a sector, by this seed
 * Registering again only sets the seed.
 */
void vfs_lossy_register(uint64_t torn_seed);

/** vfs_lossy_unregister - the former disk again; no file is open. */
void vfs_lossy_unregister(void);

/** vfs_lossy_cut - the power fails now. */
void vfs_lossy_cut(void);

/** vfs_lossy_cut_after - it fails before the steps-th write, cut or sync from
 *  now, counted from 1; 0 never. */
void vfs_lossy_cut_after(uint64_t steps);

/** vfs_lossy_power_on - the files can be opened again; none is open. */
void vfs_lossy_power_on(void);

/** vfs_lossy_steps - writes, cuts and syncs since the register. */
uint64_t vfs_lossy_steps(void);

/** vfs_lossy_fail_after - the steps-th write, cut or sync from now gives this
 *  SQLite code, once; 0 never. */
void vfs_lossy_fail_after(uint64_t steps, int code);

/** vfs_lossy_room - bytes that all files may grow by before the disk is full;
 *  UINT64_MAX for no bound. */
void vfs_lossy_room(uint64_t bytes);

/** vfs_lossy_from_environment - SEIN_TEST_VFS: "lossy" or "torn"; unset, the
 *  disk stays as it is. */
void vfs_lossy_from_environment(void);

#endif
