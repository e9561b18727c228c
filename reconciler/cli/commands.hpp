// The commands, one file each (*_command.cpp). Each gives the exit code (contract, section 4) and throws Error for what
// ends it.
#pragma once

#include "reconciler/cli/arguments.hpp"
#include "reconciler/cli/session.hpp"

namespace ingot {

int run_command(const InitArguments& arguments, const Session& session);
int run_command(const CardArguments& arguments, const Session& session);
int run_command(const ValidateArguments& arguments, const Session& session);
int run_command(const PlanArguments& arguments, const Session& session);
int run_command(const ApplyArguments& arguments, const Session& session);
int run_command(const ReconcileArguments& arguments, const Session& session);
int run_command(const DiffArguments& arguments, const Session& session);
int run_command(const StatusArguments& arguments, const Session& session);
int run_command(const DriftArguments& arguments, const Session& session);
int run_command(const QueryArguments& arguments, const Session& session);
int run_command(const HistoryArguments& arguments, const Session& session);
int run_command(const ExplainArguments& arguments, const Session& session);
int run_command(const ShowArguments& arguments, const Session& session);
int run_command(const ExtractArguments& arguments, const Session& session);
int run_command(const VerifyArguments& arguments, const Session& session);
int run_command(const PublishArguments& arguments, const Session& session);
int run_command(const GcArguments& arguments, const Session& session);
int run_command(const KeyCommand& arguments, const Session& session);
int run_command(const RebuildArguments& arguments, const Session& session);
int run_command(const FleetCommand& arguments, const Session& session);
int run_command(const CompletionArguments& arguments, const Session& session);
int run_command(const NamesArguments& arguments, const Session& session);
int run_command(const SchemaArguments& arguments, const Session& session);

}  // namespace ingot
