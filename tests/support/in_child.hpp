// Work in a child process that has less, or other, than this one: system calls refused, mounts of its own, no rights.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace ingot::testing_support {

/// What `work` says in a child process, or the text of what it throws. A child that dies says "died".
std::string in_child(const std::function<std::string()>& work);

// For the work in a child: they hold until it ends.

/// The kernel refuses the system call `number` with `error`; with `argument`, only where that argument (0 to 5) is not 0.
void refuse_call(long number, int error, std::optional<int> argument = {});
/// The same where that argument has one of these bits.
void refuse_call_with_bits(long number, int error, int argument, unsigned bits);
/// The same where its first argument is this descriptor.
void refuse_call_on(int descriptor, long number, int error);
/// Mounts of this process are its own, and end with it. False: this user may not.
bool have_own_mounts();
/// Mounts an empty tmpfs.
bool mount_memory(const std::string& folder);
/// Mounts the folder or file `from` on `to`.
bool mount_on(const std::string& from, const std::string& to);
/// From now on a user without rights. False: this user may not.
bool become_nobody();

}  // namespace ingot::testing_support
