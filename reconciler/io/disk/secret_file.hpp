// Files with secrets, which may be links: Kubernetes mounts them so.
#pragma once

#include <string>

#include "reconciler/io/disk/files.hpp"

namespace ingot::io {

/// `path`, or if that is a link the file that it leads to. Error{local} if that is not a file, or others than its owner and group
/// may write to it or replace it.
std::string followed_secret(Files& files, const std::string& path);

}  // namespace ingot::io
