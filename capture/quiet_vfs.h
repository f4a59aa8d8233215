#pragma once

struct sqlite3;

/// Readers that never stand in a writer's way.
///
/// A reader of a file in WAL mode whose look falls into the middle of a commit meets a half-written header in
/// the -shm, and SQLite then takes the write lock of the log to read it again or to rebuild it
/// (walIndexReadHdr in SQLite's wal.c). An application that begins to write in that instant without a busy
/// timeout is told "database is locked". Refused the lock, SQLite looks again by itself, with sleeps that
/// grow (walTryBeginRead, up to 100 times), and finds the header whole. So this VFS, which is else the
/// default one, refuses it. An index that an application left broken when it was killed does need the lock:
/// after a number of refusals without a successful read in between it is given.
namespace sluice::capture {

/// The name of the VFS, to open a connection with. Registers it on the first call. Any thread.
const char* quiet_vfs();

/// Lets a connection opened with quiet_vfs() write, or makes it a reader again, as which it starts. Called
/// from the connection's thread. Throws std::logic_error for a connection opened otherwise.
void let_write(sqlite3* database, bool allowed);

/// Does anybody hold a snapshot of the file, which is in WAL mode, just now? A transaction that has read can
/// write no more once somebody else has written in between, whatever its busy timeout, so whoever must write
/// does well to wait. Asked outside transactions of the connection, which was opened with quiet_vfs().
bool is_being_read(sqlite3* database);

}  // namespace sluice::capture
