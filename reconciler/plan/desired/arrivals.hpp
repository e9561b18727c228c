// Whether an image that is neither here nor in the manifest may still come by a subscription (R17): a peer offers it, or nobody
// knows, or it is most likely misspelt.
#pragma once

#include <set>
#include <string>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/situation.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

/// Of several subscriptions that may bring it, the one with the greatest value counts.
enum class Arrival {
  impossible,     ///< no subscription gives an image this name
  never_offered,  ///< no peer that a subscription could bring it from ever had it
  peer_away,      ///< a peer that may have it is an offline one that is not there now
  peer_unknown,   ///< a peer that may have it is unknown
  offered,        ///< a peer has or had an image that a subscription may bring under this name
};

/// Why an image is not to be had, and what to do.
struct Absence {
  Code code = Code::none;
  std::string why;  ///< a clause: "which is neither here nor in the manifest"
  std::string mend;
  std::optional<ServerName> waits_for = {};  ///< the unknown peer that may have it
};

class Arrivals {
 public:
  /// Borrows all three. Peers that must be read again next time are marked in the draft.
  Arrivals(const Desired& desired, const Situation& situation, Draft& draft);

  Arrival of(const ImageName& name);
  /// Of a name that is neither `offered` nor with a peer that is away; names of `but` are not proposed.
  Absence absence(Arrival arrival, const ImageName& name, const std::set<std::string>& but);

 private:
  /// A rule that may bring images, for all that bring them from the same peer under the same names.
  struct Way {
    const PeerCase* peer = nullptr;
    const PeerRules* rules = nullptr;  ///< if the peer was read
    const SubscriptionEntry* rule = nullptr;
  };
  std::vector<std::string> names_to_mean() const;

  const Situation& situation_;
  Draft& draft_;
  std::vector<Way> ways_;
  std::optional<NearWords> near_;  ///< made when it is asked for first
};

}  // namespace ingot::plan
