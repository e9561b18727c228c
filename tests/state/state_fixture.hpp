// A fresh state in a folder of its own, and builders of what is recorded in it.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "state/state.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot {

ServerId server_id(std::uint8_t number);
Digest digest_of(const std::string& text);  ///< any digest, the same for the same text
Packed packed_of(const std::string& text);
Time at(std::int64_t second);

state::ImageRow own_row(const std::string& name, const std::string& bits = "");  ///< bits: other than its name
state::ImageRow copy_row(const ServerId& origin, const std::string& name, Serial created);
state::PutImage put(const state::ImageRow& row);
state::Registration registration(const ServerId& id, const std::string& name);
state::SubscriptionRow subscription(const ServerId& peer, const Selector& selector, const std::string& rule);

/// What each_public gives.
Catalog catalog_of(const state::State& state, bool publish_copies = false);
const ImageEntry* find_entry(const Catalog& catalog, const std::string& name);
/// The image of that name in a snapshot; the live one if there are several.
const state::ImageRow* find_image(const state::Snapshot& snapshot, const std::string& name);

inline const ServerId self = server_id(1);
inline const std::string lineage = "0123456789abcdef0123456789abcdef";

/// Where a new state can be made, of the engine that this program tests.
state::Place place_for_a_state(const testing_support::TestFolder& folder);

class StateTest : public testing::Test {
 protected:
  StateTest();
  /// Records and gives the keys of the images made.
  std::vector<state::ImageKey> record(const state::Effects& effects);
  state::ImageKey add(const state::ImageRow& row);
  /// Reserves a serial and finishes a head with it.
  Serial publish(bool publish_copies = false);
  state::ImageRow image(const std::string& name) const;  ///< live, or deleted if none is live

  testing_support::TestFolder folder;
  std::string path;    ///< of the file, if it is one
  state::Place place;  ///< of whichever engine
  state::State state;
  std::string run = "run-0";
};

/// All bytes of a file.
std::string bytes_of(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);

}  // namespace ingot
