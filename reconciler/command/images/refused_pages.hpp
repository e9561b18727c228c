// gc's part of the cache of peers' pages: what heads have left there that were never trusted, or whose catalog never came whole.
#pragma once

#include "reconciler/site/site.hpp"

namespace ingot::command {

/// Of each server in the cache, registered or not, the pages that the last good head does not name. The cache may be deleted
/// at any time, so nothing is lost but what of an unfinished catalog has come.
void forget_refused_pages(site::Site& site);

}  // namespace ingot::command
