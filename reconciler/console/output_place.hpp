// Where a command may write a file that its command line names. Asked before any work.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "reconciler/io/disk/files.hpp"

namespace ingot::console {

/// "-" is usually standard output, and here it would be a file of that name. Error{usage}, with what to do `instead`.
void refuse_standard_output(std::string_view flag, const std::string& path, const std::string& instead);

/// Error{usage} unless the folder in which the file will be is there.
void require_folder_of(io::Files& files, std::string_view flag, const std::string& path);

/// Whether a regular file is there that is empty or begins with `begin`. false: also if it cannot be read.
bool is_empty_or_begins(io::Files& files, const std::string& path, std::string_view begin);

/// Whether a file that begins so may be replaced by a report: no key, state, manifest, card, script or program, and nothing that
/// a server works with.
bool may_be_replaced(io::Files& files, const std::string& path, const std::string& beginning);

/// Error{usage} unless nothing is there, or a regular file, no link, that is empty or that `may_go` knows by its first 64 KiB.
/// `what` it must be: "a card".
void refuse_overwriting(io::Files& files, std::string_view flag, const std::string& path,
                        const std::function<bool(const std::string& beginning)>& may_go, std::string_view what);

/// The same for a file that begins with `begin`: another one of ours. `what`: "a plan".
void require_place(io::Files& files, std::string_view flag, const std::string& path, std::string_view begin,
                   std::string_view what);

}  // namespace ingot::console
