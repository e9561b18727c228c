// The commands, one file each (*_command.cpp). The type of the arguments decides which one runs. Each returns the exit code
// (schema/rules.md) and throws Error for what ends it.
#pragma once

#include "reconciler/console/session.hpp"
#include "reconciler/options/arguments.hpp"

namespace ingot::command {

int run_command(const options::InitArguments& arguments, const console::Session& session);
int run_command(const options::CardArguments& arguments, const console::Session& session);
int run_command(const options::ValidateArguments& arguments, const console::Session& session);
int run_command(const options::PlanArguments& arguments, const console::Session& session);
int run_command(const options::ApplyArguments& arguments, const console::Session& session);
int run_command(const options::ReconcileArguments& arguments, const console::Session& session);
int run_command(const options::DiffArguments& arguments, const console::Session& session);
int run_command(const options::StatusArguments& arguments, const console::Session& session);
int run_command(const options::DriftArguments& arguments, const console::Session& session);
int run_command(const options::QueryArguments& arguments, const console::Session& session);
int run_command(const options::HistoryArguments& arguments, const console::Session& session);
int run_command(const options::ExplainArguments& arguments, const console::Session& session);
int run_command(const options::ShowArguments& arguments, const console::Session& session);
int run_command(const options::ExtractArguments& arguments, const console::Session& session);
int run_command(const options::ApplyDelta& arguments, const console::Session& session);
int run_command(const options::MakeDelta& arguments, const console::Session& session);
int run_command(const options::VerifyArguments& arguments, const console::Session& session);
int run_command(const options::PublishArguments& arguments, const console::Session& session);
int run_command(const options::AddArguments& arguments, const console::Session& session);
int run_command(const options::BundleArguments& arguments, const console::Session& session);
int run_command(const options::GcArguments& arguments, const console::Session& session);
int run_command(const options::MakeKey& arguments, const console::Session& session);
int run_command(const options::ShowKeys& arguments, const console::Session& session);
int run_command(const options::ChangeKeys& arguments, const console::Session& session);
int run_command(const options::SignRoot& arguments, const console::Session& session);
int run_command(const options::InstallRoot& arguments, const console::Session& session);
int run_command(const options::ReleaseImages& arguments, const console::Session& session);
int run_command(const options::RebuildArguments& arguments, const console::Session& session);
int run_command(const options::MoveState& arguments, const console::Session& session);
int run_command(const options::CheckFleet& arguments, const console::Session& session);
int run_command(const options::AskFleet& arguments, const console::Session& session);
int run_command(const options::PlanFleet& arguments, const console::Session& session);
int run_command(const options::ReportFleet& arguments, const console::Session& session);
int run_command(const options::ReportArguments& arguments, const console::Session& session);
int run_command(const options::CompletionArguments& arguments, const console::Session& session);
int run_command(const options::NamesArguments& arguments, const console::Session& session);
int run_command(const options::SchemaArguments& arguments, const console::Session& session);

}  // namespace ingot::command
