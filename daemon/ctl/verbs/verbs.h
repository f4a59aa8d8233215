#pragma once

#include "daemon/ctl/invocation.h"

/// The verbs of sluicectl. Each writes its result to standard output and throws CtlFailure or ConfigError.
namespace sluice::daemon {

ExitCode run_status(const Invocation& invocation);
ExitCode run_flush(const Invocation& invocation);
ExitCode run_pause(const Invocation& invocation);
ExitCode run_resume(const Invocation& invocation);
ExitCode run_retry(const Invocation& invocation);
ExitCode run_skip(const Invocation& invocation);
ExitCode run_quarantine_list(const Invocation& invocation);
ExitCode run_quarantine_show(const Invocation& invocation);
ExitCode run_quarantine_retry(const Invocation& invocation);
ExitCode run_quarantine_discard(const Invocation& invocation);
ExitCode run_schema(const Invocation& invocation);
ExitCode run_check(const Invocation& invocation);
ExitCode run_log(const Invocation& invocation);
ExitCode run_config(const Invocation& invocation);
ExitCode run_install(const Invocation& invocation);
ExitCode run_uninstall(const Invocation& invocation);
ExitCode run_verify(const Invocation& invocation);
ExitCode run_migrate(const Invocation& invocation);
ExitCode run_resync(const Invocation& invocation);
ExitCode run_cutover(const Invocation& invocation);
ExitCode run_adopt(const Invocation& invocation);
ExitCode run_reload(const Invocation& invocation);
ExitCode run_stop(const Invocation& invocation);
ExitCode run_version(const Invocation& invocation);

}  // namespace sluice::daemon
